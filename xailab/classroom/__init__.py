"""For the instructor: marking a class, handing the course to other systems, teaching from it."""
