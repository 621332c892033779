"""How each kind of question is worded, and when one thing is plainly larger than another."""

WORDINGS = {
    "count": ("How many {many} are there?", "How many {many} do you see?", "What is the number of {many}?"),
    "colour": ("What colour is {part}?", "What is the colour of {part}?", "Tell me the colour of {part}."),
    "unusual": (
        "What kind of thing is the unusual one?",
        "One thing does not belong: what is it?",
        "What is the odd one out?",
    ),
    "where": ("Where is the {name}?", "In which part of the picture is the {name}?", "Where do you see the {name}?"),
    "larger": ("Which is larger, the {first} or the {second}?", "What is bigger here, the {first} or the {second}?"),
    "text": ("What does the sign say?", "What is written on the sign?", "Which word is on the sign?"),
}
UNLIKE = 1.45  # how many times the larger side of two is the smaller
