"""Disclosure control: nothing is marked public that does not pass here."""
