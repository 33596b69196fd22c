#!/usr/bin/env python3
"""fit - makes the policy that zhenma ships from simulated streams whose truth is known.

  python3 fit.py --zhenma ../../target/release/zhenma --work /tmp/fit --out ../../src/scan/judge/witnesses-3.json

Needs numpy and lightgbm. The numbers that are fitted come from `zhenma replay --measures`, so that a model is made of
what the server itself measures. Streams: preset `random` of scansim.py with wider ranges than its own (`wide`), seeds
121 to 144 to fit and 151 to 160 to calibrate; none of the presets that the report is about. In every sixth stream nothing
is known of places, in another sixth nothing of destinations, and of every fourth code nothing is known across codes: the policy must
do without, as it does where a batch is new.

Trees of depth 3 under monotone constraints: more witnesses, places or neighbours never make a code look better, everything
else equal (MONOTONE). Then one scale and one offset (Platt 1999) on the codes of the other streams, at a prior of one copied
code in a hundred scanned, and what the two bounds do there.
"""
import argparse, json, math, os, random, subprocess, sys
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
FIT, CALIBRATE = range(121, 145), range(151, 161)
MONOTONE = set("""Counted Occasions Away AwayEpisodes AwayLate AwayAgain Late Provinces FirstAway BeyondBurst Spots BlockProvince
 BlockTown BlockExcess BatchExcess BatchTown PhoneMet PhoneShare LeftPhone Episodes""".split())
ACROSS = set("""BatchCodes BlockProvince BlockTown BlockExcess BatchExcess BatchTown PhoneMet PhoneShare PhoneCases PhoneDays
 LeftPhone OwnCases OwnCodes""".split())
PRIOR = .01
SUSPECT, LEAD = .75, .15                # risk from which on a code accuses, and is worth an officer's look
TREES, RATE, DEPTH = 400, .1, 3
DENSE, THIN = 40, 8                     # scans of a code taken one by one; then every eighth, with eight times the weight


def wide(seed):
    """parameters of a stream: those that change most what honest histories look like, over wider ranges than `random`"""
    r = random.Random(f"wide {seed}")
    u = lambda a, b: a * (b / a) ** r.random()
    return dict(p_viral=u(.0004, .02), p_listing=u(.00005, .0002), p_share=u(.005, .09), p_gift=u(.08, .5), p_banquet=u(.03, .2),
                p_shelf_browse=u(.01, .12), sf_boost=u(1.5, 7), p_family=u(.08, .3), p_rescan=u(.12, .35))


def stream(work, seed):
    d = f"{work}/w{seed}"
    if not os.path.exists(d + "/meta.json"):
        subprocess.run([sys.executable, HERE + "/scansim.py", "--preset", "random", "--seed", str(seed), "--out", d, "--set",
                        *[f"{k}={v:.5f}" for k, v in wide(seed).items()]], check=True, stderr=subprocess.DEVNULL)
    return d


def without(d, seed):
    """file names of the stream as the engine sees it: some know no places, some no destinations"""
    scans, batches = d + "/scans.ndjson", d + "/batches.ndjson"
    if seed % 6 == 1:
        with open(scans) as f, open(d + "/scans.placeless.ndjson", "w") as g:
            for line in f:
                x = json.loads(line); del x["lat"], x["lon"]; g.write(json.dumps(x) + "\n")
        scans = d + "/scans.placeless.ndjson"
    if seed % 6 == 2:
        with open(batches) as f, open(d + "/batches.anywhere.ndjson", "w") as g:
            for line in f:
                x = json.loads(line); del x["destination_region"]; g.write(json.dumps(x) + "\n")
        batches = d + "/batches.anywhere.ndjson"
    return scans, batches


def measure(zhenma, d, scans, batches):
    with open(d + "/hosting.txt", "w") as f: f.write("\n".join(json.load(open(d + "/meta.json"))["known_hosting_prefixes"]))
    subprocess.run([zhenma, "replay", "--scans", scans, "--batches", batches, "--hosting", d + "/hosting.txt", "--out", "/dev/null",
                    "--measures", d + "/measures.csv"], check=True, stderr=subprocess.DEVNULL)
    with open(d + "/measures.csv") as f: names = f.readline().strip().split(",")[1:]
    rows = np.loadtxt(d + "/measures.csv", delimiter=",", skiprows=1, dtype=np.float32)
    line, X = rows[:, 0].astype(np.int64) - 1, rows[:, 1:]
    ids, code, kth, seen, shop = {}, [], [], {}, []
    for text in open(d + "/scan_truth.ndjson"):
        x = json.loads(text); c = x["code"]; code.append(ids.setdefault(c, len(ids)))
        if x["clone"]: seen[c] = seen.get(c, 0) + 1
        kth.append(seen.get(c, 0))
    copied = np.zeros(len(ids), bool)
    for text in open(d + "/truth.ndjson"):
        x = json.loads(text)
        if x["code"] in ids: copied[ids[x["code"]]] = x["label"] == "cloned"
    code, kth = np.array(code)[line], np.array(kth)[line]
    return names, X, code, kth, copied


def rank(code):
    """1 for the first row of each code, 2 for its second"""
    order = np.argsort(code, kind="stable"); s = code[order]
    start = np.r_[0, np.flatnonzero(np.diff(s)) + 1]
    r = np.empty(len(code), np.int64); r[order] = np.arange(len(s)) - np.repeat(start, np.diff(np.r_[start, len(s)])) + 1
    return r


def fit(names, streams):
    import lightgbm
    Xs, ys, ws = [], [], []
    for _, X, code, kth, copied in streams:
        r = rank(code)
        X = X.copy(); X[np.ix_(code % 4 == 0, [i for i, k in enumerate(names) if k in ACROSS])] = 0
        m = {k: X[:, i] for i, k in enumerate(names)}
        keep = (m["Witnesses"] >= 2) | (m["FirstAway"] > 0) | (m["PhoneMet"] > 0) | (np.arange(len(X)) % 5 == 0)
        keep &= ~copied[code] | (kth > 0) | (m["Witnesses"] < 2)
        keep &= (r <= DENSE) | (r % THIN == 0)
        w = r ** -.6 * np.where(kth > 0, 2, 1) * np.where(r > DENSE, THIN, 1)
        Xs.append(X[keep]); ys.append(kth[keep] > 0); ws.append(w[keep])
    X, y, w = np.concatenate(Xs), np.concatenate(ys), np.concatenate(ws)
    print("rows", X.shape, "of copied codes", int(y.sum()), file=sys.stderr)
    p = dict(objective="binary", learning_rate=RATE, num_leaves=2 ** DEPTH, max_depth=DEPTH, min_sum_hessian_in_leaf=5, lambda_l2=5,
             feature_fraction=.6, bagging_fraction=.5, bagging_freq=1, max_bin=127, monotone_constraints=[int(n in MONOTONE) for n in names],
             verbose=-1, seed=3, num_threads=2, deterministic=True, force_row_wise=True)
    m = lightgbm.train(p, lightgbm.Dataset(X, y, weight=w, feature_name=names), TREES)
    for n, g in sorted(zip(names, m.feature_importance("gain")), key=lambda a: -a[1]): print("%-16s %8d" % (n, g), file=sys.stderr)
    return m


def trees(model, names):
    """complete trees of depth 3, breadth first; a missing question is one that nothing passes"""
    out = []
    for t in model.dump_model()["tree_info"]:
        size = 2 ** DEPTH - 1
        ask, above, points = [names[0]] * size, [3e38] * size, [0.0] * (2 * size + 1)

        def put(node, at, up):
            v = node.get("leaf_value", node.get("internal_value", 0.0)) if node else up
            points[at] = round(float(v), 4)
            if at >= size: return
            if node and "split_feature" in node:
                ask[at], above[at] = names[node["split_feature"]], float(np.float32(node["threshold"]))
                put(node["left_child"], 2 * at + 1, v); put(node["right_child"], 2 * at + 2, v)
            else:
                put(None, 2 * at + 1, v); put(None, 2 * at + 2, v)
        put(t["tree_structure"], 0, 0.0)
        out.append(dict(measure=ask, above=above, points=points))
    return out


def score(ts, names, X):
    at = {n: i for i, n in enumerate(names)}
    total = np.zeros(len(X)); rows = np.arange(len(X))
    for t in ts:
        f = np.array([at[n] for n in t["measure"]]); thr = np.array(t["above"], np.float32); pts = np.array(t["points"])
        node = np.zeros(len(X), np.int64)
        for _ in range(DEPTH): node = 2 * node + 1 + (X[rows, f[node]] > thr[node])
        total += pts[node]
    return total


def per_code(stream, s):
    """the highest score of each code that counts: genuine ones, and copied ones from the first scan of a copy on"""
    _, _, code, kth, copied = stream
    top = np.full(len(copied), -1e9); use = ~copied[code] | (kth > 0)
    np.maximum.at(top, code[use], s[use])
    ok = top > -1e8
    return top[ok], copied[ok]


def platt(s, y):
    """scale and offset by Newton's method; weights make the prior PRIOR in each stream's mix"""
    w = np.where(y, PRIOR / y.mean(), (1 - PRIOR) / (1 - y.mean())); a, b = 1.0, math.log(PRIOR / (1 - PRIOR))
    for _ in range(60):
        p = 1 / (1 + np.exp(-(a * s + b))); g = p - y; h = w * p * (1 - p) + 1e-9
        ga, gb = (w * g * s).sum(), (w * g).sum(); haa, hab, hbb = (h * s * s).sum(), (h * s).sum(), h.sum()
        det = haa * hbb - hab * hab; a -= (hbb * ga - hab * gb) / det; b -= (haa * gb - hab * ga) / det
    return a, b


def expected(zhenma, work, policy):
    """lowest and highest share that the streams have in which places and destinations are known, under the policy itself"""
    got = []
    for seed in [*FIT, *CALIBRATE]:
        if seed % 6 in (1, 2): continue
        d = f"{work}/w{seed}"
        subprocess.run([zhenma, "replay", "--scans", d + "/scans.ndjson", "--batches", d + "/batches.ndjson", "--hosting", d + "/hosting.txt",
                        "--policy", policy, "--out", "/dev/null", "--profile", d + "/profile.json"], check=True, stderr=subprocess.DEVNULL)
        got.append(json.load(open(d + "/profile.json")))
    # how many codes are copied is nobody's to expect, and a young installation has no late scans
    low = lambda k: 0.0 if k in ("late", "suspect", "lead") else round(min(g[k] for g in got), 5)
    return {k: [low(k), round(max(g[k] for g in got), 5)] for k in sorted(got[0])}


def write(path, new):
    with open(path, "w") as f:
        f.write("{\n" + "".join(f" {json.dumps(k)}: {json.dumps(v)},\n" for k, v in new.items() if k != "model"))
        f.write(' "model": {"scale": %s, "offset": %s, "trees": [\n' % (new["model"]["scale"], new["model"]["offset"]))
        f.write(",\n".join("  " + json.dumps(t, separators=(",", ":")) for t in new["model"]["trees"]) + "\n ]}\n}\n")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--zhenma", required=True); a.add_argument("--work", required=True); a.add_argument("--out", required=True)
    a = a.parse_args()
    got = {}
    for seed in [*FIT, *CALIBRATE]:
        d = stream(a.work, seed); got[seed] = measure(a.zhenma, d, *without(d, seed))
    names = got[FIT[0]][0]
    ts = trees(fit(names, [got[s] for s in FIT]), names)
    tops = [per_code(got[s], score(ts, names, got[s][1])) for s in CALIBRATE]
    s, y = np.concatenate([t for t, _ in tops]), np.concatenate([y for _, y in tops])
    scale, offset = platt(s, y)
    risk = 1 / (1 + np.exp(-(scale * s + offset)))
    for bound in (SUSPECT, LEAD):
        print("risk %.2f: %.4f %% of genuine codes, %.1f %% of copied ones" % (bound, 100 * (risk[~y] >= bound).mean(), 100 * (risk[y] >= bound).mean()), file=sys.stderr)
    old = json.load(open(a.out)); new = {**old, "suspect_risk": SUSPECT, "lead_risk": LEAD}
    new["model"] = dict(scale=round(float(scale), 5), offset=round(float(offset), 5), trees=ts)
    write(a.out, new)
    write(a.out, {**new, "expected": expected(a.zhenma, a.work, a.out)})
    print({k: v for k, v in new.items() if k != "model"}, scale, offset, file=sys.stderr)


if __name__ == "__main__":
    main()
