"""`warden completion bash|zsh|fish`: a completion script, written from the parsers of all commands.

bash: `source <(warden completion bash)`; zsh: `warden completion zsh > "${fpath[1]}/_warden"`; fish: `warden completion fish | source`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from warden.cli import frame


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser("completion", help="print a completion script for a shell", description=__doc__)
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(args: argparse.Namespace) -> int:
    print({"bash": bash, "zsh": zsh, "fish": fish}[args.shell](list(entries())), end="")
    return 0


@dataclass(frozen=True, slots=True)
class Entry:
    """What may follow the words `path` ("audit list"): words and flags with what they mean. `wraps` runs another command line after them."""

    path: str
    words: dict[str, str]
    flags: dict[str, str]
    wraps: bool = False


def entries() -> Iterator[Entry]:
    """Every point of the command line, outermost first."""
    words = {name: what for name, (_, what) in frame.COMMANDS.items()}
    yield Entry("", words | {"help": "show help"}, {"--version": "show the version", "--help": "show help"})
    yield Entry("help", words, {})
    parser = frame.parser_for(list(frame.COMMANDS))
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from _below(name, below)


def _below(path: str, parser: argparse.ArgumentParser) -> Iterator[Entry]:
    usage = getattr(frame.load(frame.COMMANDS[path][0]), "USAGE", "") if path in frame.COMMANDS else ""
    if usage:  # it parses for itself, and its usage text is its table of flags
        flags = {
            match[1]: match[2] for match in re.finditer(r"^ +(?:-\w, )?(--[a-z-]+)[^ ]*(?: [A-Z][^ ]*)* {2,}(.+)$", usage, re.MULTILINE)
        }
        yield Entry(path, {}, flags, wraps=True)
        return
    words: dict[str, str] = {}
    flags = {}
    verbs: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            verbs = dict(action.choices)
            words |= {choice.dest: choice.help or "" for choice in action._choices_actions}
        elif not action.option_strings and action.choices:
            words |= {str(choice): "" for choice in action.choices}
        elif action.help != argparse.SUPPRESS:
            flags |= {option: action.help or "" for option in action.option_strings if option.startswith("--")}
    yield Entry(path, words, flags)
    for name, verb in verbs.items():
        yield from _below(f"{path} {name}", verb)


def bash(table: list[Entry]) -> str:
    cases = "".join(f'    "{entry.path}") words="{" ".join([*entry.words, *entry.flags])}" ;;\n' for entry in table)
    wrapping = "|".join(entry.path for entry in table if entry.wraps)
    return f"""\
# Completion of warden for bash.
_warden() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} path= word words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    case $path in {wrapping})
      if [[ $word == -- || $word != -* ]]; then
        COMPREPLY=($(compgen -c -- "$cur") $(compgen -f -- "$cur"))
        return
      fi ;;
    esac
    case $word in
      -*) ;;
      *) case "${{path:+$path }}$word" in {"|".join(f'"{entry.path}"' for entry in table if entry.path)}) path="${{path:+$path }}$word" ;; esac ;;
    esac
  done
  case "$path" in
{cases}  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [[ ${{#COMPREPLY[@]}} -gt 0 || -z $path ]] || COMPREPLY=($(compgen -f -- "$cur"))
}}
complete -o filenames -F _warden warden
"""


def zsh(table: list[Entry]) -> str:
    cases = ""
    for entry in table:
        described = " ".join(_quoted(f"{name}:{what}") for name, what in {**entry.words, **entry.flags}.items())
        cases += f'    "{entry.path}") entries=({described}) ;;\n'
    wrapping = "|".join(entry.path for entry in table if entry.wraps)
    known = "|".join(f'"{entry.path}"' for entry in table if entry.path)
    return f"""\
#compdef warden
# Completion of warden for zsh.
_warden() {{
  local at= word i
  local -a entries
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ $at == ({wrapping}) && ($word == -- || $word != -*) ]]; then
      [[ $word == -- ]] && ((i++))
      shift $((i - 1)) words
      ((CURRENT -= i - 1))
      _normal
      return
    fi
    case "${{at:+$at }}$word" in {known}) at="${{at:+$at }}$word" ;; esac
  done
  case "$at" in
{cases}  esac
  _describe warden entries || _files
}}
if [[ $funcstack[1] == _warden ]]; then _warden "$@"; else compdef _warden warden; fi
"""


def fish(table: list[Entry]) -> str:
    lines = ["# Completion of warden for fish.", "complete -c warden -f"]
    for entry in table:
        steps = entry.path.split()
        first = {below.path.split()[0] for below in table if below.path}
        if not steps:
            condition = f"not __fish_seen_subcommand_from {' '.join(sorted(first))}"
        else:
            seen = [f"__fish_seen_subcommand_from {step}" for step in steps]
            verbs = sorted({below.path.split()[len(steps)] for below in table if below.path.startswith(f"{entry.path} ")})
            condition = "; and ".join(seen + ([f"not __fish_seen_subcommand_from {' '.join(verbs)}"] if verbs else []))
        lines += [f"complete -c warden -n {_quoted(condition)} -a {_quoted(word)} -d {_quoted(what)}" for word, what in entry.words.items()]
        lines += [f"complete -c warden -n {_quoted(condition)} -l {flag[2:]} -d {_quoted(what)}" for flag, what in entry.flags.items()]
        if steps and not entry.words:
            lines.append(f"complete -c warden -n {_quoted(condition)} -F")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """In single quotes, for zsh and fish alike; help texts lose their own quotes and argparse's placeholders."""
    return "'" + text.replace("\\", "").replace("'", "").replace("%%", "%") + "'"
