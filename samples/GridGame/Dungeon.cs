using System.Text;
using Bellman;

namespace GridGame;

/// <summary>
/// A dungeon in a small map: fetch the key, open the door, and keep out of the way of a ghost that drifts about. Walls
/// cannot be walked into and the door cannot be opened without the key: such moves are masked, not punished.
/// </summary>
internal sealed class Dungeon : IEnvironment, IActionMask
{
    private static readonly string[] Map =
    [
        "#########",
        "#...#..k#",
        "#.@.#.#.#",
        "#...g...#",
        "##.###.##",
        "#k......#",
        "#..#.#k.#",
        "#..#D#..#",
        "#########",
    ];

    private static readonly int Width = Map[0].Length;
    private static readonly int[] Moves = [-Width, 1, Width, -1];
    private static readonly string[] Names = ["north", "east", "south", "west", "open"];
    private static readonly int[] KeyPlaces = [.. Enumerable.Range(0, Map.Length * Width).Where(cell => At(cell) == 'k')];
    private static readonly int Door = Find('D');

    private const int Open = 4;
    private const int LongestGame = 150;

    private int hero, ghost, key, steps;
    private bool hasKey;

    /// <summary>Where everything is; networks read it one-hot.</summary>
    public Space ObservationSpace { get; } = new Composite(
        ("hero", new Discrete(Map.Length * Width)), ("ghost", new Discrete(Map.Length * Width)), ("key", new Discrete(KeyPlaces.Length)), ("has key", new MultiBinary(1)));

    public Space ActionSpace { get; } = new Discrete(5);

    public void Reset(RandomStream random, Span<float> observation)
    {
        (hero, ghost, key, hasKey, steps) = (Find('@'), Find('g'), random.NextInt32(KeyPlaces.Length), false, 0);
        Observe(observation);
    }

    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var before = hero;
        var chosen = (int)action[0];
        var escaped = chosen == Open && CanOpen;
        if (chosen < Moves.Length && IsFloor(hero + Moves[chosen])) { hero += Moves[chosen]; }
        var drift = ghost + Moves[random.NextInt32(Moves.Length)];
        var ghostBefore = ghost;
        if (IsFloor(drift)) { ghost = drift; }
        // Passing through one another counts too.
        var caught = !escaped && (hero == ghost || (hero == ghostBefore && ghost == before));
        var found = !hasKey && hero == KeyPlaces[key];
        hasKey |= found;
        Observe(observation);
        return new StepResult((escaped ? 1 : 0) + (found ? 0.3 : 0) - (caught ? 1 : 0) - 0.005, Terminated: escaped || caught, Truncated: ++steps >= LongestGame);
    }

    public void WriteActionMask(Span<bool> available)
    {
        for (var move = 0; move < Moves.Length; move++) { available[move] = IsFloor(hero + Moves[move]); }
        available[Open] = CanOpen;
    }

    public void Exchange(StateExchange state)
    {
        state.Value(nameof(hero), ref hero);
        state.Value(nameof(ghost), ref ghost);
        state.Value(nameof(key), ref key);
        state.Value(nameof(hasKey), ref hasKey);
        state.Value(nameof(steps), ref steps);
    }

    public static string Name(float action) => Names[(int)action];

    public override string ToString()
    {
        var text = new StringBuilder();
        for (var cell = 0; cell < Map.Length * Width; cell++)
        {
            text.Append(cell == hero ? '@' : cell == ghost ? 'g' : cell == KeyPlaces[key] && !hasKey ? 'k' : At(cell) is '#' or 'D' ? At(cell) : '.');
            if (cell % Width == Width - 1) { text.Append('\n'); }
        }
        return text.ToString();
    }

    private bool CanOpen => hasKey && Moves.Any(move => hero + move == Door);

    private static bool IsFloor(int cell) => At(cell) is not ('#' or 'D');

    private static char At(int cell) => Map[cell / Width][cell % Width];

    private static int Find(char symbol) => Enumerable.Range(0, Map.Length * Width).First(cell => At(cell) == symbol);

    private void Observe(Span<float> observation) => (observation[0], observation[1], observation[2], observation[3]) = (hero, ghost, key, hasKey ? 1 : 0);
}
