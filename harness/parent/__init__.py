"""This side of the pipe: worker processes and what they answer, questions to them, and the environments they run in."""
