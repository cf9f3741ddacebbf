"""Commands: a module for each group of them. The function of a command takes the parsed options and returns an exit
code; `harness.options` says what it takes."""
