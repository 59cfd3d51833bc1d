using System.Text;

namespace Bellman.Environments.Submodular;

/// <summary>What a walker sees.</summary>
public enum WalkObservation
{
    /// <summary>The cell as one of many, and the share of the time that is over: a Markovian policy.</summary>
    OneHot,

    /// <summary>As OneHot, and which cells were visited: a policy that knows the history.</summary>
    Visited,

    /// <summary>One index of cell and time, for tables of logits.</summary>
    Index,

    /// <summary>The cell's number and the time's, as they are: the released program's input of its Markovian policy.</summary>
    RawIndex,

    /// <summary>The numbers of all cells so far, -1 for what is to come: its input of the other policy.</summary>
    RawHistory,
}

/// <summary>A board to walk on.</summary>
public sealed record GridWalkOptions
{
    /// <summary>Rows, at least 1.</summary>
    public required int Rows { get; init; }

    /// <summary>Columns, at least 1.</summary>
    public required int Columns { get; init; }

    /// <summary>Where an episode begins.</summary>
    public int Start { get; init; }

    /// <summary>States of an episode, H, at least 2: one action less.</summary>
    public required int Horizon { get; init; }

    /// <summary>Share of the actions that a uniformly random one replaces, 0 to 1.</summary>
    public double Noise { get; init; }

    /// <summary>Which cells can be entered; null for all.</summary>
    public IReadOnlyList<bool>? Free { get; init; }

    /// <summary>What the walker sees.</summary>
    public WalkObservation Observation { get; init; }

    /// <summary>Throws when an option is out of range.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public void Validate()
    {
        if (Rows < 1 || Columns < 1) { throw new UsageException($"A board of {Rows} x {Columns} cells cannot be walked; both must be at least 1."); }
        if (Horizon < 2) { throw new UsageException($"The horizon is {Horizon} states; it must be at least 2, or no action is ever taken."); }
        if (!(Noise is >= 0 and <= 1)) { throw new UsageException($"The noise is {Noise}; it is a share, from 0 to 1."); }
        if (Free is { } free && free.Count != Rows * Columns) { throw new UsageException($"{free.Count} cells are marked free or not; a board of {Rows} x {Columns} has {Rows * Columns}."); }
        if ((uint)Start >= (uint)(Rows * Columns) || Free is { } open && !open[Start]) { throw new UsageException($"The start is cell {Start}; it must be a free cell from 0 to {Rows * Columns - 1}."); }
    }
}

/// <summary>
/// A walk on a board for a fixed number of steps: actions 0 stay, 1 right, 2 down, 3 left, 4 up; a move into the border or a cell
/// that is not free stays. It pays nothing: what the visits are worth is <see cref="MarginalGainReward"/>'s.
/// </summary>
public sealed class GridWalk : IElementEnvironment, IRenderable
{
    /// <summary>Number of actions.</summary>
    public const int Actions = 5;

    private static readonly (int Row, int Column)[] Moves = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)];

    private readonly GridWalkOptions options;
    private readonly int[] next;
    private readonly int[] history;
    private readonly bool[] visited;
    private int cell;
    private int time;

    /// <summary>A walk.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public GridWalk(GridWalkOptions options)
    {
        options.Validate();
        this.options = options;
        next = [.. Enumerable.Range(0, Cells * Actions).Select(pair => Target(pair / Actions, Moves[pair % Actions]))];
        history = new int[options.Horizon];
        visited = new bool[Cells];
        ObservationSpace = options.Observation switch
        {
            WalkObservation.OneHot => new Box(0, 1, Cells + 1),
            WalkObservation.Visited => new Box(0, 1, 2 * Cells + 1),
            WalkObservation.Index => new Discrete(Cells * options.Horizon),
            WalkObservation.RawIndex => new Box([0, 0], [Cells - 1, options.Horizon - 1], 2),
            _ => new Box(-1, Math.Max(1, Cells - 1), options.Horizon - 1),
        };
        Begin();
    }

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Discrete(Actions);

    /// <summary>The board.</summary>
    public GridWalkOptions Options => options;

    /// <summary>Number of cells.</summary>
    public int Cells => options.Rows * options.Columns;

    /// <inheritdoc/>
    public int Element => cell;

    /// <summary>States so far, less one: 0 after a reset.</summary>
    public int Time => time;

    /// <summary>Where an action leads when nothing disturbs it.</summary>
    public int Next(int cell, int action) => next[cell * Actions + action];

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        Begin();
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var chosen = (int)action[0];
        if (options.Noise > 0 && random.NextBoolean(options.Noise)) { chosen = random.NextInt32(Actions); }
        cell = Next(cell, chosen);
        time++;
        visited[cell] = true;
        history[time] = cell;
        Write(observation);
        // A finite horizon is part of the task: nothing is worth anything after it.
        return new StepResult(0, Terminated: time + 1 >= options.Horizon);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(cell), ref cell);
        state.Value(nameof(time), ref time);
        state.Array<int>(nameof(history), history);
        RestoredState.RequireIndex(state, nameof(cell), cell, Cells);
        RestoredState.RequireIndex(state, nameof(time), time, options.Horizon);
        if (!state.IsLoading) { return; }
        Array.Clear(visited);
        for (var t = 0; t <= time; t++)
        {
            RestoredState.RequireIndex(state, nameof(history), history[t], Cells);
            visited[history[t]] = true;
        }
    }

    /// <inheritdoc/>
    public string RenderText()
    {
        var text = new StringBuilder($"step {time} of {options.Horizon - 1}\n");
        for (var place = 0; place < Cells; place++)
        {
            var letter = options.Free is { } free && !free[place] ? '#' : visited[place] ? 'o' : '.';
            text.Append(place == cell ? Ansi.Highlight('@') : letter.ToString());
            if ((place + 1) % options.Columns == 0) { text.Append('\n'); }
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        var picture = new TilePicture(options.Rows, options.Columns,
            place => options.Free is { } free && !free[place] ? Palette.Dark : visited[place] ? Palette.Blue : Palette.Background);
        picture.Agent(cell);
        return picture.Canvas.Image;
    }

    private void Begin()
    {
        Array.Clear(visited);
        (cell, time) = (options.Start, 0);
        visited[cell] = true;
        history[0] = cell;
    }

    private int Target(int from, (int Row, int Column) move)
    {
        var (row, column) = (from / options.Columns + move.Row, from % options.Columns + move.Column);
        if ((uint)row >= (uint)options.Rows || (uint)column >= (uint)options.Columns) { return from; }
        var to = row * options.Columns + column;
        return options.Free is { } free && !free[to] ? from : to;
    }

    private void Write(Span<float> observation)
    {
        observation.Clear();
        switch (options.Observation)
        {
            case WalkObservation.Index:
                observation[0] = time * Cells + cell;
                break;
            case WalkObservation.RawIndex:
                (observation[0], observation[1]) = (cell, time);
                break;
            case WalkObservation.RawHistory:
                for (var t = 0; t < observation.Length; t++) { observation[t] = t <= time ? history[t] : -1; }
                break;
            default:
                observation[cell] = 1;
                observation[Cells] = (float)time / options.Horizon;
                if (options.Observation == WalkObservation.OneHot) { break; }
                for (var place = 0; place < Cells; place++) { observation[Cells + 1 + place] = visited[place] ? 1 : 0; }
                break;
        }
    }
}
