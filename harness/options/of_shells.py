"""What `harness completion` takes."""

from __future__ import annotations

from harness.options.taken import Add

SHELLS = ("bash", "zsh", "fish")


def register(add: Add) -> None:
    """Adds this command to the command line."""
    completions = add(
        "completion",
        "Prints a script that completes commands and options in a shell.",
        "harness.completion:completion_command",
        'eval "$(harness completion bash)"    # in ~/.bashrc; zsh likewise',
        "harness completion fish | source    # in config.fish",
    )
    completions.add_argument("shell", choices=SHELLS)
