"""The studio: the main jobs of the toolkit on a page in the browser, for people who would rather drag, look and listen.

Nothing is computed here. A page fills in the options of a command and shows the command line that they make; a job runs that
command in a process of its own, and the page shows the files that it wrote.
"""

__distribution__ = "spectro-music"
