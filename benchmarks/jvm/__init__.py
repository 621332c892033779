"""Memory turns on a JVM: the Kotlin library beside Python, and beside java-llama.cpp on the same prompts."""
