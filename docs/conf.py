"""The documents as a site: `make docs`."""

project = "Makegood"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Makegood"
html_show_copyright = False
html_copy_source = False
html_extra_path = ["contract.schema.json", "events.schema.json"]
myst_heading_anchors = 4
myst_enable_extensions = ["fieldlist"]
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]
exclude_patterns = ["pictures/README.md"]
