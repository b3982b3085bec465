"""For the instructor: marking a class, handing the course to other systems, teaching from it."""

MIME = "application/vnd.xailab.answer+json"  # of an answer on its way from the student's kernel
