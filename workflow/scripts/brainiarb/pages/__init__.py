"""Pages: HTML files of one piece that show a finished study, offline."""
