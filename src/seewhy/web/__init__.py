"""The web app: HTTP and live socket over the workbench, and the page."""
