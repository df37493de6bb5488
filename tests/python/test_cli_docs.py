"""Help, man page, guide and completions name the same options."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest


@pytest.fixture(scope="module")
def options(cli) -> tuple[set[str], set[str]]:
    """The long names and the letters in --help."""
    text = cli("--help").stdout
    found = re.findall(r"^  (?:-(\w)|   )(?:, )? ?(?:--([\w-]+))?", text, re.M)
    letters = {letter for letter, _ in found if letter}
    names = {name for _, name in found if name}
    assert {"read", "format", "no-progress"} <= names and {"r", "n", "v"} <= letters
    return names, letters


def test_help_fits_80_columns(cli):
    assert max(map(len, cli("--help").stdout.splitlines())) <= 80


def test_the_man_page_lists_every_option(options, root):
    text = (root / "docs" / "man" / "flowcontainer.1").read_text().replace("\\-", "-")
    names, letters = options
    tagged = "\n".join(re.findall(r"^\.TP\n(.*)$", text, re.M))
    assert {n for n in names if not re.search(rf'--{n}\b(?!-)', tagged)} == set()
    assert {c for c in letters if not re.search(rf"-{c}\b", tagged)} == set()
    assert set(re.findall(r"--([\w-]+)", tagged)) == names


def test_the_guide_lists_every_option(options, root):
    text = (root / "docs" / "guide" / "command.md").read_text()
    assert {n for n in options[0] if f"--{n}" not in text} == set()


def test_bash_completion_lists_every_option(options, root):
    text = (root / "cli" / "completions" / "flowcontainer.bash").read_text()
    block = re.search(r'compgen -W "(-r.*?)" --', text, re.S).group(1)
    words = set(block.replace("\\\n", " ").split())
    names, letters = options
    assert words == {f"--{n}" for n in names} | {f"-{c}" for c in letters}


def test_bash_completion_works(cli, root, tmp_path):
    script = f"""
        source "{root / 'cli' / 'completions' / 'flowcontainer.bash'}"
        COMP_WORDS=("$1" "${{@:2}}"); COMP_CWORD=$(($# - 1))
        _flowcontainer 2>/dev/null
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """

    def complete(*words):
        argv = ["bash", "-c", script, "bash", cli.path, *words]
        done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path)
        return done.stdout.split()

    assert complete("--lev") == ["--level"]
    assert complete("--level", "f") == ["flows", "frames"]
    assert "ip.ttl" in complete("-e", "ip.t")
    assert complete("--protocols", "tcp,ud") == ["tcp,udp"]
    assert complete("--bytes", "head") == ["header=ip:5x80"]
    assert complete("--bytes", "head", "=", "ip", ":", "5x80", ":", "mask", "=", "ports+seq") == ["ports+sequence"]
    assert complete("fie") == ["fields"]


def test_zsh_completion_lists_every_option(options, root):
    text = (root / "cli" / "completions" / "_flowcontainer").read_text()
    names, letters = options
    assert set(re.findall(r"--([a-z][\w-]*)[\[}]", text)) == names
    assert set(re.findall(r"['{)]-(\w)[\[,]", text)) == letters


def test_fish_completion_lists_every_option(options, root):
    text = (root / "cli" / "completions" / "flowcontainer.fish").read_text()
    names, letters = options
    assert set(re.findall(r" -l ([\w-]+)", text)) == names
    assert set(re.findall(r" -s (\w)\b", text)) == letters


@pytest.mark.parametrize(("shell", "file"), [("zsh", "_flowcontainer"), ("fish", "flowcontainer.fish")])
def test_completions_are_valid(root, shell, file):
    if not shutil.which(shell):
        pytest.skip(f"no {shell}")
    subprocess.run([shell, "-n", root / "cli" / "completions" / file], check=True)
