#!/usr/bin/env python3
"""bound - how much of each attack a model could catch that is bound to nothing: neither to explain itself nor to be monotone.

  python3 bound.py --zhenma ../../target/release/zhenma --work /tmp/fit

By Neyman and Pearson no test at a given false rate catches more than the likelihood ratio of the two hypotheses. The simulator's
ratio has no closed form, but boosted trees fitted to truth approach it from below as streams are added. For each attack a model of
its own, depth 8, is fitted to the last state of every code of the streams of fit.py (told apart: this attack, no attack), and tried
on those kept for calibration, beside the policy that ships. Where both are low, nothing in what a server sees tells the two apart;
where they differ, the difference is what explaining costs.
"""
import argparse, json, sys
import numpy as np
import fit

RATES = (.0005, .005)


def last(stream, kinds):
    """the last row of every code: numbers, attack (0 none)"""
    _, X, code, kth, copied = stream
    row = np.zeros(len(copied), np.int64); row[code] = np.arange(len(code))
    had = np.zeros(len(copied), bool); had[code] = True
    ok = had & (~copied | (np.bincount(code, kth, len(copied)) > 0))
    return X[row[ok]], np.where(copied, kinds, 0)[ok]


def kinds(d, names):
    ids, out = {}, []
    for text in open(d + "/scan_truth.ndjson"): ids.setdefault(json.loads(text)["code"], len(ids))
    out = np.zeros(len(ids), np.int64)
    for text in open(d + "/truth.ndjson"):
        x = json.loads(text)
        if x["code"] in ids and x["attack"]: out[ids[x["code"]]] = names.setdefault(x["attack"], len(names) + 1)
    return out


def caught(neg, pos):
    return [float((pos > np.sort(neg)[-max(1, int(rate * len(neg)))]).mean()) for rate in RATES]


def main():
    import lightgbm
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--zhenma", required=True); a.add_argument("--work", required=True)
    a.add_argument("--policy", default=fit.HERE + "/../../src/scan/judge/witnesses-3.json")
    a = a.parse_args()
    attacks, sets = {}, ([], [])
    for n, seeds in enumerate((fit.FIT, fit.CALIBRATE)):
        for seed in seeds:
            d = fit.stream(a.work, seed)
            got = fit.measure(a.zhenma, d, *fit.without(d, seed)); names = got[0]
            sets[n].append(last(got, kinds(d, attacks)))
    (X, y), (T, t) = [[np.concatenate(part) for part in zip(*s)] for s in sets]
    ours = fit.score(json.load(open(a.policy))["model"]["trees"], names, T)
    p = dict(objective="binary", learning_rate=.05, num_leaves=127, max_depth=8, min_sum_hessian_in_leaf=2, lambda_l2=2, feature_fraction=.6,
             bagging_fraction=.7, bagging_freq=1, verbose=-1, seed=5, num_threads=2, deterministic=True, force_row_wise=True)
    print("| attack | codes tried | caught of them at %s genuine flagged: policy | a model of its own |" % " / ".join("%g %%" % (100 * r) for r in RATES))
    print("|---|---|---|---|")
    cell = lambda c: " / ".join("%.0f %%" % (100 * x) for x in c)
    for name, k in sorted(attacks.items()):
        use = (y == 0) | (y == k)
        m = lightgbm.train(p, lightgbm.Dataset(X[use], y[use] > 0, free_raw_data=False), 300)
        own = m.predict(T)
        print("| %s | %d | %s | %s |" % (name, (t == k).sum(), cell(caught(ours[t == 0], ours[t == k])), cell(caught(own[t == 0], own[t == k]))), flush=True)


if __name__ == "__main__":
    main()
