"""For the instructor: marking a class, slides and a site of the executed lessons.

Nothing else uses this wing; the command line enters it where it is asked to. A new command is a module here and a few lines
in xailab.course.cli.
"""
