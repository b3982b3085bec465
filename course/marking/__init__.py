"""For the instructor: marking a class, and handing the course to nbgrader and otter-grader."""

MIME = "application/vnd.xailab.answer+json"  # of an answer on its way from the student's kernel
