"""Voila's settings for the figures in class; course.teach.demo adds the port and the token, and calls it."""


def _let_the_page_end_its_kernel(handler, notebook, cwd):
    """Give the page the cookie without which its request to shut down its kernel, when it is closed or left, gets a 403."""
    _ = handler.xsrf_token  # reading it sets the cookie


c = get_config()  # noqa: F821, Voila gives it
c.Voila.ip = "127.0.0.1"
c.Voila.open_browser = False
c.VoilaConfiguration.template = "course"
c.VoilaConfiguration.file_allowlist = ["nothing"]
c.VoilaConfiguration.show_tracebacks = True
c.VoilaConfiguration.prelaunch_hook = _let_the_page_end_its_kernel
# A page may also end without a word, as when its browser crashes. One in the background stays connected, and keeps its kernel.
c.MappingKernelManager.cull_idle_timeout = 120  # seconds without a page and without work
c.MappingKernelManager.cull_interval = 20  # seconds from one look to the next
