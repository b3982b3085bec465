"""Ask a network why, and check the answer: what the lessons are about, a module per concept.

Around it four wings: models and data are what is asked about, plot shows the answers, course holds exercises and commands.
"""
