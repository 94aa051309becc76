"""Administration by page: communes, counters, devices, what waits, what is published."""
