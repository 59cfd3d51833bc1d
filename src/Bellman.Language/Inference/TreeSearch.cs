namespace Bellman.Language;

/// <summary>Monte-Carlo tree search over reasoning steps with PUCT selection (Silver et al. 2017).</summary>
public static class TreeSearch
{
    /// <summary>Q + c p sqrt(N) / (1 + n).</summary>
    /// <param name="value">Q of the child.</param>
    /// <param name="prior">p of the child.</param>
    /// <param name="parentVisits">N.</param>
    /// <param name="visits">n of the child.</param>
    /// <param name="exploration">c.</param>
    public static double Puct(double value, double prior, int parentVisits, int visits, double exploration = 1.25) =>
        value + exploration * prior * Math.Sqrt(parentVisits) / (1 + visits);

    /// <summary>
    /// Runs <paramref name="simulations"/>: select by PUCT, expand, value the new leaf by its verifier score, back up the mean.
    /// </summary>
    /// <returns>The finished answer of the highest value that was visited, or the most visited path's end if none finished.</returns>
    public static SearchState Run(IStepSpace space, int simulations, int expansions, RandomStream random, double exploration = 1.25)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(simulations, 1);
        var root = new Node(new SearchState([], 0, false), 1);
        SearchState? best = null;
        for (var simulation = 0; simulation < simulations; simulation++)
        {
            var path = new List<Node> { root };
            while (path[^1].Children.Count > 0) { path.Add(Select(path[^1], exploration)); }
            var leaf = path[^1];
            if (!leaf.State.Finished && (leaf.Visits > 0 || leaf == root))
            {
                var states = space.Expand(leaf.State, expansions, random);
                leaf.Children.AddRange(states.Select(state => new Node(state, 1.0 / states.Count)));
                if (leaf.Children.Count > 0) { path.Add(leaf.Children[0]); }
            }
            var reached = path[^1].State;
            if (reached.Finished && (best is null || reached.Score > best.Score)) { best = reached; }
            foreach (var node in path) { node.Add(reached.Score); }
        }
        if (best is not null) { return best; }
        var end = root;
        while (end.Children.Where(child => child.Visits > 0).MaxBy(child => child.Visits) is { } next) { end = next; }
        return end.State;
    }

    private static Node Select(Node parent, double exploration)
    {
        var best = parent.Children[0];
        var highest = double.NegativeInfinity;
        foreach (var child in parent.Children)
        {
            var score = Puct(child.Value, child.Prior, parent.Visits, child.Visits, exploration);
            if (score > highest) { (highest, best) = (score, child); }
        }
        return best;
    }

    private sealed class Node(SearchState state, double prior)
    {
        private double sum;

        public SearchState State => state;
        public double Prior => prior;
        public List<Node> Children { get; } = [];
        public int Visits { get; private set; }
        public double Value => Visits == 0 ? 0 : sum / Visits;

        public void Add(double value)
        {
            Visits++;
            sum += value;
        }
    }
}
