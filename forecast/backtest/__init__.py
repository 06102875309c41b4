"""What the method would have said at earlier origins, beside what happened."""
