"""Adds the benchmark's 180 items to the site's file, all of them the one vendor's. usage: items.py FILE"""
import sys

with open(sys.argv[1], "a") as site:
    for k in range(180):
        site.write('\n[[item]]\ncode = "0%012d"\nfeed = "acme"\n' % (5012345000000 + 7 * k))
