# Writes vectors.tsv: bounds worked out with exact fractions, by another way than
# sample.rs does it. Shares are found by bisection on fractions of 2^40.
from fractions import Fraction
from math import comb

CONFIDENCE = Fraction(95, 100)

def binomial(x, n, p):
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(x + 1))

def drawn(x, n, d, size):
    ways = sum(comb(d, k) * comb(size - d, n - k) for k in range(x + 1) if n - k <= size - d and k <= d)
    return Fraction(ways, comb(size, n))

def share(holds):
    low, high = 0, 2**40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(Fraction(middle, 2**40)) else (low, middle)
    return high / 2**40

def shares(x, n):
    alpha = (1 - CONFIDENCE) / (1 if x == 0 else 2)
    upper = 1.0 if x == n else share(lambda p: binomial(x, n, p) > alpha)
    lower = 0.0 if x == 0 else share(lambda p: 1 - binomial(x - 1, n, p) < alpha)
    return lower, upper

def units(x, n, size):
    alpha = (1 - CONFIDENCE) / (1 if x == 0 else 2)
    possible = range(x, size - (n - x) + 1)
    upper = max(d for d in possible if drawn(x, n, d, size) > alpha)
    lower = 0 if x == 0 else min(d for d in possible if 1 - drawn(x - 1, n, d, size) > alpha)
    return lower, upper

print("# suspect checked stock lower upper; - for a stock whose size is not known")
for x, n in [(0, 1), (0, 10), (0, 29), (0, 58), (0, 59), (0, 149), (0, 299), (1, 10), (1, 59), (3, 59), (5, 20), (10, 10),
             (19, 20), (20, 300), (150, 300)]:
    print(x, n, "-", *("%.9f" % v for v in shares(x, n)))
for x, n, size in [(0, 1, 2), (0, 10, 20), (0, 20, 60), (0, 59, 400), (0, 95, 100), (1, 10, 20), (3, 59, 400),
                   (5, 20, 50), (10, 10, 50), (0, 19, 20), (1, 19, 20), (45, 90, 100), (89, 90, 100)]:
    print(x, n, size, *units(x, n, size))

def big(x, n, size):
    low, high = x, size - (n - x)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if drawn(x, n, middle, size) > 1 - CONFIDENCE else (low, middle - 1)
    return low

for n, size in [(59, 100000), (500, 100000), (5000, 100000), (299, 1200)]:
    print(0, n, size, 0, big(0, n, size))
