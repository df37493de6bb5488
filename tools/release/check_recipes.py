"""Checks the recipes of conda and Homebrew: check_recipes.py. rattler-build (from PyPI, in an environment of its own) renders the conda
recipe, whose version must be that of the header; ruby reads the formula. Nothing is built, because neither registry is used here."""

import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "build/recipes"
FORMULA = ROOT / "packaging/homebrew/flowcontainer.rb"
RENDER = """
import sys
import rattler_build
recipe = rattler_build.Stage0Recipe.from_file(sys.argv[1])
chosen = {"python": ["3.12"], "c_compiler": ["gcc"], "c_stdlib": ["sysroot"], "c_stdlib_version": ["2.17"]}
for one in recipe.render(rattler_build.VariantConfig(chosen)):
    print(one.recipe.package.name, one.recipe.package.version)
"""


def rendered():
    """The packages of the conda recipe, "NAME VERSION" each."""
    python = HOME / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "py-rattler-build==0.73.*"], check=True)
    done = subprocess.run([python, "-c", RENDER, ROOT / "packaging/conda/recipe.yaml"], check=True, text=True, stdout=subprocess.PIPE)
    return done.stdout.splitlines()


def main():
    version = re.search(r'#define FC_VERSION "([^"]+)"', (ROOT / "include/flowcontainer.h").read_text())[1]
    found = rendered()
    if found != [f"flowcontainer {version}"]:
        sys.exit(f"conda: the recipe makes {found}, and not flowcontainer {version}")
    print(f"conda: {found[0]}")
    if not shutil.which("ruby"):
        sys.exit("homebrew: ruby is not installed, so the formula was not read (apt install ruby)")
    subprocess.run(["ruby", "-wc", FORMULA], check=True, stdout=subprocess.DEVNULL)
    print("homebrew: the formula is Ruby")


if __name__ == "__main__":
    main()
