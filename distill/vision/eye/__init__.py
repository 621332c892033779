"""The eye: finds things in a picture, looks at each of them closely, and tells what stands there as facts."""
