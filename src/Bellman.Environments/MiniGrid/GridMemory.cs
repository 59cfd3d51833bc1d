using System.Runtime.InteropServices;

namespace Bellman.Environments.MiniGrid;

/// <summary>The state of N copies of a level, one array for each kind of thing.</summary>
internal sealed class GridMemory : IStateful
{
    private readonly GridLevel level;
    private readonly int area;
    private readonly byte[] cells;
    private readonly byte[] contents;
    private readonly int[] obstacles;
    private readonly int[] episodes;

    public GridMemory(GridLevel level, int copies)
    {
        this.level = level;
        area = MiniGridWorld.AreaOf(level.Width, level.Height);
        cells = new byte[copies * area];
        contents = new byte[copies * area];
        obstacles = new int[copies * level.Obstacles];
        episodes = new int[copies * EpisodeState.Fields];
        for (var i = 0; i < copies; i++) { World(i).Clear(); }
    }

    public MiniGridWorld World(int copy) => new(
        level.Width, level.Height, cells.AsSpan(copy * area, area), contents.AsSpan(copy * area, area),
        obstacles.AsSpan(copy * level.Obstacles, level.Obstacles), ref Episodes[copy]);

    private Span<EpisodeState> Episodes => MemoryMarshal.Cast<int, EpisodeState>(episodes.AsSpan());

    public void Exchange(StateExchange state)
    {
        state.Array<byte>(nameof(cells), cells);
        state.Array<byte>(nameof(contents), contents);
        if (obstacles.Length > 0) { state.Array<int>(nameof(obstacles), obstacles); }
        state.Array<int>(nameof(episodes), episodes);
        if (state.IsLoading) { Validate(); }
    }

    /// <summary>Refuses a state that no episode could hold, which would otherwise read outside the map later.</summary>
    private void Validate()
    {
        var map = World(0);
        for (var i = 0; i < cells.Length; i++)
        {
            Require(GridCell.IsValid(cells[i]) && GridCell.IsValid(contents[i]), $"a cell with code {cells[i]} and content {contents[i]}");
            Require(IsInside(map.Position(i % area)) || cells[i] == GridCell.Wall.Code, "something other than walls around the map");
        }
        foreach (var obstacle in obstacles) { Require((uint)obstacle < (uint)area && IsInside(map.Position(obstacle)), $"an obstacle at {obstacle}"); }
        foreach (ref readonly var episode in Episodes)
        {
            // (-1, -1) is an agent before the first reset.
            Require(IsInside((episode.X, episode.Y)) || (episode.X, episode.Y) == (-1, -1), $"the agent at ({episode.X}, {episode.Y})");
            Require((uint)episode.Heading < 4, $"the heading {episode.Heading}");
            Require((uint)episode.Carried < GridCell.Codes && GridCell.IsValid((byte)episode.Carried), $"a carried object with code {episode.Carried}");
            Require((uint)episode.CarriedContent < GridCell.Codes && GridCell.IsValid((byte)episode.CarriedContent), $"a carried content with code {episode.CarriedContent}");
            Require(episode.Steps >= 0 && episode.Steps <= level.MaximumSteps, $"{episode.Steps} steps");
            Require((uint)episode.Target < Math.Max(area, GridCell.Codes) && (uint)episode.Decoy < Math.Max(area, GridCell.Codes), $"the targets {episode.Target} and {episode.Decoy}");
        }
    }

    private bool IsInside((int X, int Y) position) => (uint)position.X < (uint)level.Width && (uint)position.Y < (uint)level.Height;

    private void Require(bool valid, string what)
    {
        if (!valid) { throw new UsageException($"The state of {level.Id} has {what}, which this level ({level.Width} x {level.Height} cells, {level.MaximumSteps} steps) cannot have. Restore a state that was saved from the same level."); }
    }
}
