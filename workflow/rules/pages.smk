"""Pages: tables, figures and recordings -> pages of one file each, which a browser opens offline"""

# The pages of a study. The end of a run says where they are.
PAGES = []
