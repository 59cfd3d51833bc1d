using Bellman.Environments.Chemotaxis;

namespace Bellman.Papers.Nanorobots;

/// <summary>A coordinate plane that the world is looked at in.</summary>
public enum CoordinatePlane
{
    /// <summary>Along the z axis.</summary>
    XY,

    /// <summary>Along the y axis.</summary>
    XZ,

    /// <summary>Along the x axis.</summary>
    YZ,
}

/// <summary>
/// The field in a coordinate plane: at each grid cell's centre the sum of exp(-0.5 (distance/R)^2) over the biomarkers, the cell counting
/// ten times. Distances are within the plane. (The published program adds all of that into each particle's own bin, which makes its
/// picture a histogram.)
/// </summary>
public static class NanorobotsHeatMap
{
    /// <summary>Grid cells along each axis.</summary>
    public const int Resolution = 30;

    private const double CellWeight = 10;

    /// <summary>The field over the box, [row, column]: rows from the plane's highest second coordinate down. What is outside the box is not shown.</summary>
    public static double[,] Compute(ChemotaxisWorld3D world, CoordinatePlane plane)
    {
        var (edge, radius) = (world.Options.HalfEdge, world.Options.ConcentrationRadius);
        var map = new double[Resolution, Resolution];
        for (var row = 0; row < Resolution; row++)
        {
            for (var column = 0; column < Resolution; column++)
            {
                var across = Centre(column, edge);
                var up = -Centre(row, edge);
                var sum = 0.0;
                for (var j = 0; j < world.Field.Particles.Count; j++) { sum += Weight(world.Field.Particles[j], across, up); }
                for (var i = 0; i < world.Cells.Count; i++) { sum += CellWeight * Weight(world.Cells[i], across, up); }
                map[row, column] = sum;
            }
        }
        return map;

        double Weight(Vector3D point, double across, double up)
        {
            var (first, second) = Project(point, plane);
            var squared = (first - across) * (first - across) + (second - up) * (second - up);
            // exp(-0.5 (dist / R)^2)
            return Math.Exp(-0.5 * squared / (radius * radius));
        }
    }

    /// <summary>A point's coordinates in the plane.</summary>
    public static (double Across, double Up) Project(Vector3D point, CoordinatePlane plane) => plane switch
    {
        CoordinatePlane.XY => (point.X, point.Y),
        CoordinatePlane.XZ => (point.X, point.Z),
        _ => (point.Y, point.Z),
    };

    private static double Centre(int index, double edge) => ((index + 0.5) / Resolution * 2 - 1) * edge;
}
