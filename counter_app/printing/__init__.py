"""Slips, forms, QR codes and printers."""
