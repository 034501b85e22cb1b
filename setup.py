"""Build the package; all metadata is in setup.cfg.

What setup.cfg cannot say: the wheel, and an editable install too, carries a `.pth`
file at the root of site-packages, which serves the old module names in every
interpreter. Without the legacy folder there is no such file, and nothing to do.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

START_UP = Path("flask_migrate_compat", "legacy", "flask_migrate_compat.pth")


class BuildWithStartUp(build_py):
    """Put the start-up file beside the package."""

    def run(self):
        super().run()
        if START_UP.exists():
            self.copy_file(str(START_UP), str(self._start_up_target()))

    def get_outputs(self, include_bytecode=True):
        outputs = super().get_outputs(include_bytecode)
        if START_UP.exists():
            outputs.append(str(self._start_up_target()))
        return outputs

    def _start_up_target(self):
        if getattr(self, "editable_mode", False):
            # setuptools packs what is in this folder into the editable wheel.
            root = self.get_finalized_command("install").install_purelib
        else:
            root = self.build_lib
        return Path(root, START_UP.name)


setup(cmdclass={"build_py": BuildWithStartUp})
