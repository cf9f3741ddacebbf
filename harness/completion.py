"""Completion of the command line in shells, written from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from harness.ending import EXPECTED
from harness.options import command_line

BASH = """\
_harness() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}" words
    case "$command" in
{branches}
        *) words="{commands}" ;;
    esac
    [ "$COMP_CWORD" -eq 1 ] && words="{commands}"
    [[ "$COMP_CWORD" -gt 1 && "$word" != -* ]] && words=""
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _harness harness
"""
ZSH = "autoload -Uz bashcompinit && bashcompinit\n"


def completion_command(options: argparse.Namespace) -> int:
    """Prints the script."""
    print(script(options.shell, command_line.parser()), end="")
    return EXPECTED


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The script that teaches `shell`, one of `of_shells.SHELLS`, the commands of `parser` and their options."""
    found = commands(parser)
    if shell == "fish":
        return "\n".join(_fish(found)) + "\n"
    branches = [f'        {name}) words="{" ".join(_options(sub))}" ;;' for name, sub in found.items()]
    text = BASH.format(branches="\n".join(branches), commands=" ".join(found))
    return ZSH + text if shell == "zsh" else text


def commands(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The parser of each command, by its name."""
    for action in parser._actions:  # argparse has no public way to ask
        if isinstance(action, argparse._SubParsersAction):
            return action.choices
    return {}


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [option for action in parser._actions for option in action.option_strings]


def _fish(commands: Mapping[str, argparse.ArgumentParser]) -> Sequence[str]:
    lines = [f"complete -c harness -n __fish_use_subcommand -a '{' '.join(commands)}' -f"]
    for name, sub in commands.items():
        long = [option.removeprefix("--") for option in _options(sub) if option.startswith("--")]
        lines += [f"complete -c harness -n '__fish_seen_subcommand_from {name}' -l {option}" for option in long]
    return lines
