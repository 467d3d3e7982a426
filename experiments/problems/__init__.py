"""What `report` makes of each problem: its tables and pictures, by name."""
