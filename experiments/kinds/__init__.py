"""Kinds of tables and pictures in results/, which `report` makes."""
