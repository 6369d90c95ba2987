"""Stateful stand-ins for the servers Greenroom talks to, for tests and the playground.

They share no code with the product, so one mistake cannot agree with itself, and they are not part of a
production install.
"""
