namespace Bellman.Language.Tasks.Problems;

/// <summary>
/// A directed graph and two places: <c>AB,BC,DA:A&gt;C=</c> asks whether C can be reached from A; the answers are yes and no, equally
/// often. The level plus three is the number of places.
/// </summary>
internal sealed class ReachabilityProblems : IProblemGenerator
{
    public int MaximumLevel => 23;

    public string Alphabet { get; } = string.Concat(Enumerable.Range(0, 26).Select(place => (char)('A' + place))) + ",:>=yesno";

    public TextProblem Create(int level, RandomStream random)
    {
        var places = level + 3;
        var wanted = random.NextBoolean();
        while (true)
        {
            var edges = Edges(places, random);
            var (from, to) = (random.NextInt32(places), random.NextInt32(places));
            var (order, steps) = Visit(edges, from, places);
            if (from == to || order.Contains(to) != wanted || !edges.Any(edge => edge.From == from)) { continue; }
            var answer = wanted ? "yes" : "no";
            var roads = edges.Select(edge => $"{Name(edge.From)}{Name(edge.To)}");
            return new TextProblem(
                $"{string.Join(",", roads)}:{Name(from)}>{Name(to)}=",
                $"One-way roads lead {string.Join(", ", edges.Select(edge => $"from {Name(edge.From)} to {Name(edge.To)}"))}. Can one get from {Name(from)} to {Name(to)}? Answer yes or no.",
                [string.Concat(order.Select(Name))], steps, answer, new ChoiceRule(answer, ChoiceRule.YesNo));
        }
    }

    private static List<(int From, int To)> Edges(int places, RandomStream random)
    {
        var edges = new List<(int From, int To)>();
        while (edges.Count < places)
        {
            var edge = (random.NextInt32(places), random.NextInt32(places));
            if (edge.Item1 != edge.Item2 && !edges.Contains(edge)) { edges.Add(edge); }
        }
        return edges;
    }

    /// <summary>Places in the order of a breadth-first search, and what each step found.</summary>
    private static (List<int> Order, List<string> Steps) Visit(List<(int From, int To)> edges, int from, int places)
    {
        var (order, steps, seen) = (new List<int> { from }, new List<string>(), new bool[places]);
        seen[from] = true;
        for (var i = 0; i < order.Count; i++)
        {
            var found = edges.Where(edge => edge.From == order[i] && !seen[edge.To]).Select(edge => edge.To).ToList();
            foreach (var place in found) { seen[place] = true; }
            order.AddRange(found);
            steps.Add(found.Count == 0 ? $"{Name(order[i])} leads nowhere new." : $"{Name(order[i])} leads to {string.Join(", ", found.Select(Name))}.");
        }
        return (order, steps);
    }

    private static char Name(int place) => (char)('A' + place);
}
