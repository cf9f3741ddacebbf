"""What is concluded: verdicts, expectations, what data can tell apart, and the code that mends a difference."""
