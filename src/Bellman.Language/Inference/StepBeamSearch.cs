namespace Bellman.Language;

/// <summary>A partial or finished answer during a search.</summary>
/// <param name="Tokens">Response tokens so far.</param>
/// <param name="Score">The verifier's value of it.</param>
/// <param name="Finished">Whether nothing can follow.</param>
public sealed record SearchState(int[] Tokens, double Score, bool Finished);

/// <summary>What a search walks over: steps proposed by a model, valued by a verifier.</summary>
public interface IStepSpace
{
    /// <summary>Up to <paramref name="count"/> continuations by one step each, valued.</summary>
    IReadOnlyList<SearchState> Expand(SearchState state, int count, RandomStream random);
}

/// <summary>Beam search over reasoning steps with a process reward model: the best beams are kept, each continued several ways.</summary>
public static class StepBeamSearch
{
    /// <summary>The best finished answer, or the best unfinished one if none finishes.</summary>
    /// <param name="space">Steps and their values.</param>
    /// <param name="beams">Kept after each step.</param>
    /// <param name="expansions">Continuations of each beam.</param>
    /// <param name="steps">Most steps.</param>
    /// <param name="random">Where continuations are drawn.</param>
    public static SearchState Run(IStepSpace space, int beams, int expansions, int steps, RandomStream random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(beams, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(expansions, 1);
        List<SearchState> kept = [new([], 0, false)];
        for (var step = 0; step < steps && kept.Any(state => !state.Finished); step++)
        {
            var next = new List<SearchState>();
            foreach (var state in kept)
            {
                if (state.Finished) { next.Add(state); }
                else { next.AddRange(space.Expand(state, expansions, random)); }
            }
            if (next.Count == 0) { break; }
            // Equal texts would fill the beam with one answer.
            kept = [.. next.DistinctBy(state => string.Join(',', state.Tokens)).OrderByDescending(state => state.Score).Take(beams)];
        }
        return kept.Where(state => state.Finished).DefaultIfEmpty(kept[0]).MaxBy(state => state.Score) ?? kept[0];
    }
}
