"""The server of the studio: all pages as one application, for this machine alone."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from studio.job import Job
from studio.jobs import Queue
from training.errors import InputError

LOCAL = ("127.0.0.1", "localhost")
"""Names of this machine for itself."""
MAX_UPLOAD = "1gb"
"""Of a file."""
CSS = """
:root { --soft: #52525b } .dark { --soft: #b4b4be }
.gradio-container { --body-text-color-subdued: var(--soft); --block-info-text-color: var(--soft) }
.shown .files { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start }
.shown figure { margin: 0; max-width: 100% }
.shown img { max-width: 100%; max-height: 28rem; background: #fff; border-radius: .4rem }
.shown audio { width: 19rem; max-width: 100% }
.shown figcaption, .shown summary { color: var(--soft); overflow-wrap: anywhere }
.shown .table { overflow-x: auto }
.shown table :is(th, td) { text-align: left; padding: .2rem 1rem .2rem 0; border: 0 solid var(--border-color-primary) }
.shown table tr { border-bottom: 1px solid var(--border-color-primary) }
.shown :is(h2, h3) { overflow-wrap: anywhere }
.shown pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; max-height: 14rem; overflow-y: auto }
.shown .drawing svg { width: 100%; height: auto }
.shown .drawing text { fill: currentColor }
.shown a { text-decoration: underline }
footer { display: none !important }
"""
HEAD = """<script>
// Gradio gives all places for files one name; a screen reader is to tell them apart, by their labels
new MutationObserver(() => document.querySelectorAll("button[aria-label^='Click to upload']").forEach(button => {
  const label = button.closest(".block")?.querySelector("label")?.textContent.trim();
  if (label) button.ariaLabel = `${label}: choose or drop files`;
})).observe(document.documentElement, {childList: true, subtree: true});
</script>"""


class Guard:
    """Refuses, before anything else sees it, what does not come from the studio's own page.

    Another site that is open in the same browser can send requests here, or have its name resolved to this machine; and
    Gradio would load a file from an address of the network for whoever asks.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], hosts: tuple[str, ...]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket") or self._is_ours(scope):
            await self.app(scope, receive, send)
            return
        from starlette.responses import PlainTextResponse

        await PlainTextResponse("refused: this is no request of the studio's own page", 403)(scope, receive, send)

    def _is_ours(self, scope: dict[str, Any]) -> bool:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin")
        first = scope["path"] == "/" and scope.get("method") == "GET"  # a link elsewhere may lead here
        return (
            (not self.hosts or host.split(":")[0] in self.hosts)
            and origin in (None, f"http://{host}", f"https://{host}")
            and (first or headers.get("sec-fetch-site") in (None, "none", "same-origin"))
            and not re.search("(?i)[=/]https?:", scope["path"])
        )  # fmt: skip


class Server:
    """The studio, at work from the start until `close`.

    root: the folder of the jobs. folders: those of the user's that may be trained on, and whose runs are found. host: who
    may come: 127.0.0.1, this machine alone. port: None: the first that is free from 7860. InputError: Gradio is not
    installed, another studio works in `root`, no such port or folder, others may come and need no password.
    """

    def __init__(
        self,
        root: Path,
        folders: Sequence[Path] = (),
        host: str = LOCAL[0],
        port: int | None = None,
        password: str | None = None,
    ) -> None:
        if host not in LOCAL and not password:
            raise InputError(f"--host {host} lets others in; give a --password that they must know")
        if missing := [folder for folder in folders if not folder.is_dir()]:
            raise InputError(f"{missing[0]} is no folder")
        self.queue = Queue(root)
        self.uploads = self.queue.root / "uploads"
        shutil.rmtree(self.uploads, ignore_errors=True)  # of a server that was killed
        self.uploads.mkdir()
        try:
            self.url = self._launch(folders, host, port, password)
        except BaseException:
            self.queue.close()
            raise
        self.queue.work()  # not before: its first process would slow the start of this one

    def _launch(self, folders: Sequence[Path], host: str, port: int | None, password: str | None) -> str:
        gr = _gradio(self.uploads)
        from starlette.middleware import Middleware

        from studio.folders import Studio
        from studio.pages import pages_of

        studio = Studio(self.queue, tuple(folder.resolve() for folder in folders))
        with gr.Blocks(title="Spectro", analytics_enabled=False) as self.app:
            for page in pages_of(studio):
                with gr.Tab(page.title, id=page.name):
                    page.build()
        try:
            _, url, _ = self.app.queue(default_concurrency_limit=None).launch(
                server_name=host,
                server_port=port,
                auth=("studio", password) if password else None,
                allowed_paths=[str(self.queue.root)],
                max_file_size=MAX_UPLOAD,
                app_kwargs={"middleware": [Middleware(Guard, hosts=LOCAL if host in LOCAL else ())]},
                theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
                css=CSS,
                head=HEAD,
                footer_links=[],
                run_history=False,
                prevent_thread_lock=True,
                show_error=True,
                quiet=True,
                share=False,
                ssr_mode=False,
            )
        except OSError as error:
            raise InputError(f"cannot serve at {host}, port {port or 'any'}: {error}; give another --port") from None
        return url

    def close(self) -> list[Job]:
        """End the server and remove what was uploaded; the job that runs on, if there is one."""
        self.app.close(verbose=False)
        shutil.rmtree(self.uploads, ignore_errors=True)
        return self.queue.close()


def _gradio(uploads: Path) -> Any:
    """Gradio, that asks nobody for anything. InputError: it is not installed."""
    os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1", "GRADIO_TEMP_DIR": str(uploads)}
    try:
        import gradio
        from gradio import processing_utils
    except ImportError:
        raise InputError("the studio needs Gradio: python -m pip install 'spectro-music[studio]'") from None

    def refuse(url: str) -> Any:
        raise ValueError(f"{url} is an address; drop the file itself")

    processing_utils.async_ssrf_protected_get = refuse  # whence an address as an input of the HTTP API would be loaded
    return gradio
