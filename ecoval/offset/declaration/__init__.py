"""What a project file says: its keys, its values, and the layers and tables that it names, read with fixed columns."""
