using System.Globalization;
using Bellman.Experiments;
using ScottPlot;

namespace Bellman.Papers.BehaviorAlignment;

/// <summary>What the learned reward says about each place.</summary>
internal static class BarfiPicture
{
    /// <summary>Returns with a misleading reward, on the square and of the cart.</summary>
    public static IReadOnlyList<NamedFigure> Returns(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size == ReproductionSize.Smoke) { return []; }
        Figure Of(string title, params (string Arm, string Name)[] shown) => Plots.Lines(title, "episodes", "primary return", [.. shown.Select(one =>
            LearningCurves.Summarise(one.Name, [.. outcome.RecordsOf(outcome.Plan.Arms.First(arm => arm.Name == one.Arm)).SelectMany(record => record.Result.Curves)], movingAverage: 5))]);
        return
        [
            new("misleading-square", "Primary return on the square with a misleading auxiliary reward", Of("Square with a misleading auxiliary reward", ("bad", "BARFI"), ("bad-naive", "naive sum"), ("bad-primary", "primary reward alone"), ("bad-potential", "potential"))),
            new("misleading-cart", "Primary return of CartPole with a misleading controller", Of("CartPole with a misleading controller", ("cartpole-bad", "BARFI"), ("cartpole-bad-naive", "naive sum"), ("cartpole-bad-primary", "primary reward alone"))),
        ];
    }

    /// <summary>The map of the first seed; none where it was not measured.</summary>
    public static IReadOnlyList<NamedFigure> LearnedReward(ReproductionOutcome outcome)
    {
        var note = outcome.Records.FirstOrDefault(record => record.Cell.Arm.Name == "bad" && record.Result.Notes.ContainsKey(BarfiArms.RewardNote))?.Result.Notes[BarfiArms.RewardNote];
        if (note is null) { return []; }
        var values = note.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        const int side = BarfiArms.MapSide;
        var map = new double[side, side];
        for (var i = 0; i < values.Length; i++) { map[side - 1 - i / side, i % side] = values[i]; }
        PlotFont.Register();
        var plot = new Plot();
        plot.Font.Set(PlotFont.Name);
        var field = plot.Add.Heatmap(map);
        field.Colormap = new ScottPlot.Colormaps.Viridis();
        field.Extent = new CoordinateRect(0, 1, 0, 1);
        plot.Add.ColorBar(field);
        Outline(plot, 0.4, 0.6, "#D55E00", "the misleading bonus (200 an action)");
        Outline(plot, 0.75, 0.99, "#FFFFFF", "the goal");
        plot.Title("What BARFI adds to the primary reward of an action, by the place it is taken at", 15);
        plot.Axes.SetLimits(0, 1, 0, 1);
        plot.XLabel("x");
        plot.YLabel("y");
        plot.ShowLegend(Edge.Bottom);
        plot.Legend.FontName = PlotFont.Name;
        // White lines must show in the legend too.
        plot.Legend.BackgroundColor = Color.FromHex("#6B7280");
        plot.Legend.FontColor = Colors.White;
        plot.Legend.Orientation = Orientation.Horizontal;
        return [new NamedFigure("learned-reward", "What BARFI adds to the primary reward at each place of the square, with the misleading bonus and the goal outlined", new Figure(plot, 720, 660))];
    }

    private static void Outline(Plot plot, double low, double high, string colour, string name)
    {
        var line = plot.Add.Scatter(new[] { low, high, high, low, low }, new[] { low, low, high, high, low }, Color.FromHex(colour));
        line.LineWidth = 3;
        line.MarkerSize = 0;
        line.LegendText = name;
    }
}
