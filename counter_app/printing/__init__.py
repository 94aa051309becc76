"""Slips, forms, QR codes and printers. Pillow, ReportLab and qrcode load at the first print."""
