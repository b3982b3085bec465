"""Notebooks as JupyterLab has them once a kernel runs, so that one that was only looked at does not ask to be saved."""

from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager


class Contents(AsyncLargeFileManager):
    """The files of `make lab`; to a Python notebook that is read it adds what its kernel will say of its language.

    JupyterLab writes that into the notebook when the kernel starts. It names the version of Python, so a file that is to be
    the same everywhere cannot hold it, and without it the notebook would count as changed. Lesson 00.
    """

    async def get(self, path, content=True, **options):
        """Read a file or folder; the model that the server's own contents manager gives."""
        model = await super().get(path, content, **options)
        if model["type"] == "notebook" and model["content"]:
            metadata = model["content"]["metadata"]
            if metadata.get("kernelspec", {}).get("name") == "python3":
                metadata["language_info"] = dict(IPythonKernel.language_info)
        return model
