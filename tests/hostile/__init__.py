"""Inputs that broke parsers, git or other products, made by code: too many and too large to be kept."""
