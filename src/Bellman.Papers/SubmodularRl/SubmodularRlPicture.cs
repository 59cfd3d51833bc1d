using System.Globalization;
using Bellman.Environments.Submodular;
using Bellman.Experiments;
using ScottPlot;

namespace Bellman.Papers.SubmodularRl;

/// <summary>The paper in one picture: where the walks go on the board with two bumps of weight.</summary>
internal static class SubmodularRlPicture
{
    /// <summary>The note of a cell that holds a walk, cells separated by blanks.</summary>
    public const string WalkNote = "a walk of the trained policy";

    private static readonly (string Arm, string Name, string Colour, double Shift)[] Shown =
        [("coverw", "SubPO", "#FFFFFF", 0.06), ("coverw-forward-value", "released weights", "#E69F00", -0.06), ("coverw-mrl", "modular RL", "#D55E00", -0.18)];

    /// <summary>The walks of the first seed, over the weights they see; none where they were not measured.</summary>
    public static IReadOnlyList<NamedFigure> Walks(ReproductionOutcome outcome)
    {
        var walks = Shown.Select(shown => (shown, Records: outcome.Records.Where(record => record.Cell.Arm.Name == shown.Arm).ToList()))
            .Where(pair => pair.Records.Count > 0 && pair.Records[0].Result.Notes.ContainsKey(WalkNote))
            .Select(pair => (pair.shown, Cells: pair.Records[0].Result.Notes[WalkNote].Split(' ').Select(cell => int.Parse(cell, CultureInfo.InvariantCulture)).ToArray()))
            .ToList();
        if (walks.Count == 0) { return []; }
        var task = SubmodularTasks.Bumps();
        var function = (WeightedCoverage)task.Function;
        var (rows, columns) = (task.Walk.Rows, task.Walk.Columns);
        PlotFont.Register();
        var plot = new Plot();
        plot.Font.Set(PlotFont.Name);
        var weights = new double[rows, columns];
        for (var cell = 0; cell < rows * columns; cell++) { weights[cell / columns, cell % columns] = function.Weights[cell]; }
        var field = plot.Add.Heatmap(weights);
        field.Colormap = new ScottPlot.Colormaps.Viridis();
        plot.Add.ColorBar(field);
        foreach (var ((_, name, colour, shift), cells) in walks)
        {
            // A walker on a cell sees it and the three towards the lower right; lines are moved apart a little.
            var line = plot.Add.Scatter([.. cells.Select(cell => cell % columns + 0.25 + shift)], cells.Select(cell => rows - 1 - cell / columns + shift).ToArray(), Color.FromHex(colour));
            line.LineWidth = 3;
            line.MarkerSize = 6;
            var value = SubmodularChecks.ValueOf(function, cells);
            line.LegendText = string.Create(CultureInfo.InvariantCulture, $"{name}: sees {value:0.0} of {function.Total:0.0}");
        }
        plot.Title("One walk of each policy; the colour is the weight of a cell", 16);
        plot.XLabel("column");
        plot.YLabel("row");
        plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, columns).Select(column => (double)column)], [.. Enumerable.Range(0, columns).Select(column => $"{column}")]);
        plot.Axes.Left.SetTicks([.. Enumerable.Range(0, rows).Select(row => (double)(rows - 1 - row))], [.. Enumerable.Range(0, rows).Select(row => $"{row}")]);
        plot.ShowLegend(Edge.Bottom);
        plot.Legend.FontName = PlotFont.Name;
        // White lines must show in the legend too.
        plot.Legend.BackgroundColor = Color.FromHex("#6B7280");
        plot.Legend.FontColor = Colors.White;
        plot.Legend.Orientation = Orientation.Horizontal;
        return [new NamedFigure("walks", "Walks of SubPO, the released weights and modular RL over two bumps of weight", new Figure(plot, 720, 660))];
    }
}
