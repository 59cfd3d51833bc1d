using System.Globalization;

namespace Bellman.Environments.RestlessBandits;

/// <summary>How the arms are coupled.</summary>
public enum RestlessBanditFamily
{
    /// <summary>Workers with capacities.</summary>
    Capacity,

    /// <summary>Time slots that arm and worker share.</summary>
    Schedule,

    /// <summary>A walk from and to a depot.</summary>
    Path,

    /// <summary>Interventions that move several arms together.</summary>
    Interventions,
}

/// <summary>Draws instances of the four families.</summary>
public static class RestlessBanditFamilies
{
    private const int Slots = 5;

    /// <summary>An instance.</summary>
    /// <param name="family">Its family.</param>
    /// <param name="arms">J.</param>
    /// <param name="budget">B: workers, most arms pulled, or interventions made.</param>
    /// <param name="random">Everything is drawn from here.</param>
    /// <param name="interventions">N, for <see cref="RestlessBanditFamily.Interventions"/>.</param>
    /// <exception cref="UsageException">Sizes do not fit.</exception>
    public static RestlessBanditInstance Draw(RestlessBanditFamily family, int arms, int budget, RandomStream random, int interventions = 6)
    {
        if (arms < 1 || budget < 1 || budget > arms) { throw new UsageException($"{arms} arms and a budget of {budget} make no instance; take a budget from 1 to the number of arms."); }
        if (family == RestlessBanditFamily.Interventions) { return Interventions(arms, interventions, budget, random); }
        ICombinatorialActionSpace actions = family switch
        {
            RestlessBanditFamily.Capacity => Capacity(arms, budget, random),
            RestlessBanditFamily.Schedule => Schedule(arms, budget, random),
            _ => Planar(arms, budget, random),
        };
        return Pulled(actions, budget, random);
    }

    /// <summary>Arms of the published kind over any constraint: the first B pay only at the top, the others at once and little.</summary>
    public static RestlessBanditInstance Pulled(ICombinatorialActionSpace actions, int budget, RandomStream random)
    {
        var up = Enumerable.Range(0, actions.Size).Select(_ => (random.NextUniform(0, 0.2), random.NextUniform(0.7, 0.9))).ToArray();
        return new RestlessBanditInstance(Rewards(actions.Size, budget, random), up, actions);
    }

    /// <summary>The walk's graph from the London Underground: the stations nearest to a central one by breadth-first search, and the edges among them.</summary>
    /// <param name="stations">CSV: id, latitude, longitude, name, ...</param>
    /// <param name="connections">CSV: station1, station2, line, time.</param>
    /// <param name="count">Stations taken, at least 2.</param>
    /// <param name="budget">B.</param>
    /// <param name="central">The station to start from, e.g. "Oxford Circus"; it becomes the depot.</param>
    /// <exception cref="UsageException">A file is malformed or lacks the station.</exception>
    public static PathActions Tube(string stations, string connections, int count, int budget, string central = "Oxford Circus")
    {
        var names = Rows(stations).ToDictionary(row => Number(row[0], stations), row => row[3].Trim('"'));
        var edges = Rows(connections).Select(row => (From: Number(row[0], connections), To: Number(row[1], connections))).ToList();
        var start = names.FirstOrDefault(station => station.Value.Equals(central, StringComparison.OrdinalIgnoreCase)).Key;
        if (start == 0) { throw new UsageException($"{stations} has no station '{central}'."); }
        var taken = new List<int> { start };
        for (var i = 0; i < taken.Count && taken.Count < count; i++)
        {
            var at = taken[i];
            foreach (var near in edges.Where(e => e.From == at || e.To == at).Select(e => e.From == at ? e.To : e.From).Distinct().Order())
            {
                if (!taken.Contains(near) && taken.Count < count) { taken.Add(near); }
            }
        }
        if (count < 2 || taken.Count < count) { throw new UsageException($"{taken.Count} stations can be reached from {central}; {count} were asked for."); }
        var induced = edges.Select(e => (From: taken.IndexOf(e.From), To: taken.IndexOf(e.To))).Where(e => e.From >= 0 && e.To >= 0 && e.From != e.To)
            .Select(e => (Math.Min(e.From, e.To), Math.Max(e.From, e.To))).Distinct().ToList();
        return new PathActions(count, induced, depot: 0, budget);
    }

    private static double[][] Rewards(int arms, int budget, RandomStream random) =>
        [.. Enumerable.Range(0, arms).Select(j => j < budget
            ? new[] { 0.2, 0.15, 0.1, 4 + random.NextInt32(3) }
            : [0.1, 0.15, 0.2, 1 + random.NextInt32(3)])];

    private static CapacityActions Capacity(int arms, int workers, RandomStream random)
    {
        while (true)
        {
            int[] capacities = [.. Enumerable.Range(0, workers).Select(_ => 2 + random.NextInt32(6))];
            int[] costs = [.. Enumerable.Range(0, arms).Select(_ => 2 + random.NextInt32(5))];
            var actions = new CapacityActions(capacities, costs);
            // Where no two arms can be pulled all methods are nearly equal: another draw.
            var pair = new float[arms];
            for (var i = 0; i < arms; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    (pair[i], pair[j]) = (1, 1);
                    var together = actions.IsFeasible(pair);
                    (pair[i], pair[j]) = (0, 0);
                    if (together) { return actions; }
                }
            }
        }
    }

    private static ScheduleActions Schedule(int arms, int workers, RandomStream random)
    {
        // Sorted uniforms, ascending for arms and descending for workers: the slots where both are free are scarce.
        var weights = Enumerable.Range(0, Slots).Select(_ => random.NextDouble()).Order().ToArray();
        bool[][] Free(int count, int free, double[] likely) => [.. Enumerable.Range(0, count).Select(_ =>
        {
            var (left, slots) = (likely.ToArray(), new bool[Slots]);
            for (var k = 0; k < free; k++)
            {
                var slot = random.NextCategorical(left);
                (slots[slot], left[slot]) = (true, 0);
            }
            return slots;
        })];
        return new ScheduleActions(Free(arms, 2, weights), Free(workers, 3, [.. weights.Reverse()]), workers);
    }

    private static PathActions Planar(int stations, int budget, RandomStream random)
    {
        var points = Enumerable.Range(0, stations).Select(_ => (X: random.NextDouble(), Y: random.NextDouble())).ToArray();
        for (var radius = 0.20; ; radius += 0.02)
        {
            var edges = (from i in Enumerable.Range(0, stations)
                         from j in Enumerable.Range(0, i)
                         where Math.Sqrt(Math.Pow(points[i].X - points[j].X, 2) + Math.Pow(points[i].Y - points[j].Y, 2)) < radius
                         select (j, i)).ToList();
            var reached = new HashSet<int> { 0 };
            while (edges.Where(e => reached.Contains(e.j) != reached.Contains(e.i)).ToList() is { Count: > 0 } border) { reached.UnionWith(border.SelectMany(e => new[] { e.j, e.i })); }
            if (reached.Count == stations) { return new PathActions(stations, edges, depot: 0, budget); }
        }
    }

    private static RestlessBanditInstance Interventions(int arms, int count, int budget, RandomStream random)
    {
        var actions = new BudgetActions(count, budget);
        // Arms from ceil(J B / N) on respond well, but only to several interventions together.
        var firstGood = (arms * budget + count - 1) / count;
        int Needed(int n) => 3 * (n / 3 + n % 3);
        if (Needed(budget) > arms - firstGood || Needed(count - budget) > firstGood)
        {
            throw new UsageException($"{arms} arms, {count} interventions and a budget of {budget} do not fit: good interventions need {Needed(budget)} of {arms - firstGood} good arms, " +
                $"bad ones {Needed(count - budget)} of {firstGood}. Valid are for example 12, 6, 3 and 20, 10, 5.");
        }
        ResponseLink[] links = [.. Enumerable.Range(0, arms).Select(j => j >= firstGood
            ? new ResponseLink((7 + random.NextInt32(4)) / 10.0, (14 + random.NextInt32(6)) / 10.0, 9 + random.NextInt32(2))
            : new ResponseLink((2 + random.NextInt32(4)) / 10.0, 1, 1 + random.NextInt32(2)))];
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order.AsSpan());
        double[][] weights = [.. Enumerable.Range(0, arms).Select(_ => new double[count])];
        Assign(order[..budget], [.. Enumerable.Range(firstGood, arms - firstGood)]);
        Assign(order[budget..], [.. Enumerable.Range(0, firstGood)]);
        return new RestlessBanditInstance(Rewards(arms, budget, random), weights, links, actions);

        // Three interventions share three arms; each that is left has three of its own.
        void Assign(int[] interventions, int[] side)
        {
            random.Shuffle(side.AsSpan());
            var (next, grouped) = (0, interventions.Length / 3 * 3);
            for (var k = 0; k < interventions.Length; k += k < grouped ? 3 : 1)
            {
                foreach (var arm in side.AsSpan(next, 3))
                {
                    for (var i = k; i < (k < grouped ? k + 3 : k + 1); i++) { weights[arm][interventions[i]] = 3; }
                }
                next += 3;
            }
        }
    }

    private static IEnumerable<string[]> Rows(string file)
    {
        string[] lines;
        try { lines = File.ReadAllLines(file); }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException) { throw new UsageException($"{file} cannot be read: {error.Message}", error); }
        // The columns that are read hold no commas.
        return lines.Skip(1).Where(line => line.Length > 0).Select(line => line.Split(',')).Select(row => row.Length >= 4 ? row : throw new UsageException($"{file} has the row '{string.Join(',', row)}'; at least four columns are needed."));
    }

    private static int Number(string text, string file) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : throw new UsageException($"{file} has '{text}' where a station's number must be.");
}
