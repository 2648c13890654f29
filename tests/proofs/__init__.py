"""What is proven of a generated project: a module for each proof, whose function is `prove`.

READS in a module says which files of the project its proof reads.
"""
