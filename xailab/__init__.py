"""Ask a network why, and check the answer: what the lessons are about, a module per concept.

Three packages go with them: models and data are what is asked about, plot shows the answers.
"""
