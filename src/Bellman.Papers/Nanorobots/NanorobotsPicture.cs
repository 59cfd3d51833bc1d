using Bellman.Environments.Chemotaxis;
using Bellman.Experiments;
using ScottPlot;

namespace Bellman.Papers.Nanorobots;

/// <summary>The heat-map picture: the field in the three coordinate planes, with the obstacles and one robot's path over it.</summary>
public static class NanorobotsPicture
{
    private const int Width = 1350;
    private const int Height = 480;

    /// <summary>Draws the world as it is, and the path that led there, into a PNG file.</summary>
    /// <param name="world">Where the path ended.</param>
    /// <param name="path">The steps, first to last; may be empty.</param>
    /// <param name="file">The file, replaced if it exists.</param>
    public static void Save(ChemotaxisWorld3D world, IReadOnlyList<NanorobotsStep> path, string file)
    {
        PlotFont.Register();
        var planes = Enum.GetValues<CoordinatePlane>();
        var picture = new Multiplot { Layout = new ScottPlot.MultiplotLayouts.Columns() };
        picture.AddPlots(planes.Length);
        for (var i = 0; i < planes.Length; i++) { Draw(picture.GetPlot(i), planes[i], world, path); }
        picture.SavePng(file, Width, Height);
    }

    private static void Draw(Plot plot, CoordinatePlane plane, ChemotaxisWorld3D world, IReadOnlyList<NanorobotsStep> path)
    {
        var edge = world.Options.HalfEdge;
        var field = plot.Add.Heatmap(NanorobotsHeatMap.Compute(world, plane));
        field.Extent = new CoordinateRect(-edge, edge, -edge, edge);
        field.Colormap = new ScottPlot.Colormaps.Viridis();

        var obstacles = plot.Add.Markers(Points(world.Obstacles, plane), MarkerShape.FilledCircle, 4, Colors.Black.WithAlpha(0.45));
        var walk = plot.Add.ScatterLine(path.Select(step => Point(step.Cell, plane)).ToArray(), Colors.Red);
        var search = plot.Add.ScatterLine(path.Select(step => Point(step.Robot, plane)).ToArray(), Colors.White);
        search.LineWidth = 2;
        plot.Add.Markers(Points(world.Cells, plane), MarkerShape.FilledCircle, 11, Colors.Red);
        if (path.Count > 0) { plot.Add.Marker(Point(path[0].Robot, plane), MarkerShape.FilledSquare, 9, Colors.White); }

        plot.Font.Set(PlotFont.Name);
        var (across, up) = (plane.ToString()[..1].ToLowerInvariant(), plane.ToString()[1..].ToLowerInvariant());
        plot.XLabel($"{across} (length units)");
        plot.YLabel($"{up} (length units)");
        plot.Title($"field in the {across}{up} plane");
        plot.Axes.SetLimits(-edge, edge, -edge, edge);
        if (plane == CoordinatePlane.XY)
        {
            (search.LegendText, walk.LegendText, obstacles.LegendText) = ("robot", "cell", "obstacles");
            plot.ShowLegend(Alignment.LowerRight);
            plot.Legend.FontName = PlotFont.Name;
            // The robot's white line must show in the legend too.
            plot.Legend.BackgroundColor = Colors.Gray;
            plot.Legend.FontColor = Colors.White;
        }
    }

    private static Coordinates[] Points(PointSet points, CoordinatePlane plane) => [.. Enumerable.Range(0, points.Count).Select(i => Point(points[i], plane))];

    private static Coordinates Point(Vector3D point, CoordinatePlane plane)
    {
        var (across, up) = NanorobotsHeatMap.Project(point, plane);
        return new Coordinates(across, up);
    }
}
