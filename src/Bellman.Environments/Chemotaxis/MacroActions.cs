namespace Bellman.Environments.Chemotaxis;

/// <summary>The four things a robot can do with a step.</summary>
public enum MacroAction
{
    /// <summary>Towards the biomarkers: the nearest particle, or up the sensed gradient.</summary>
    TowardBiomarker,

    /// <summary>Towards the cell while near; while far its bearing is unknown and the direction is random.</summary>
    TowardCell,

    /// <summary>Away from and around the nearest obstacle while blocked; no motion otherwise.</summary>
    Avoid,

    /// <summary>No motion.</summary>
    Hold,
}

/// <summary>What a robot that chooses among macro-actions sees (4 states), and what each choice does.</summary>
public static class MacroActions
{
    /// <summary>Number of macro-actions.</summary>
    public const int Count = 4;

    /// <summary>Number of states: 2 near + blocked.</summary>
    public const int States = 4;

    /// <summary>The state of a robot: 2 near + blocked.</summary>
    public static int State(ChemotaxisWorld3D world, int robot)
    {
        var position = world.Robots[robot];
        world.NearestCell(position, out var distance);
        var near = distance <= world.Options.NearDistance ? 2 : 0;
        return near + (world.Obstacles.AnyWithin(position, world.Options.BlockedDistance) ? 1 : 0);
    }

    /// <summary>
    /// Where an action takes a robot before box and obstacles are considered. One random direction is drawn whatever the action
    /// (then the readings' errors, if the action reads), so that policies can be compared in the very same world.
    /// </summary>
    public static Vector3D Displacement(ChemotaxisWorld3D world, int robot, MacroAction action, RandomStream random)
    {
        var wander = Vector3D.RandomDirection(random);
        var (position, options) = (world.Robots[robot], world.Options);
        var cell = world.NearestCell(position, out var distance);
        switch (action)
        {
            case MacroAction.TowardBiomarker:
                var rising = options.Sensing == ChemotaxisSensing.Gradient
                    ? world.Field.Direction(position, options.SensorNoise, random)
                    : (world.Field.Particles[world.Field.Particles.Nearest(position, out _)] - position).Unit;
                return rising * world.StepLength(distance);
            case MacroAction.TowardCell:
                var bearing = distance <= options.NearDistance ? (world.Cells[cell] - position).Unit : wander;
                return bearing * world.StepLength(distance);
            case MacroAction.Avoid:
                var obstacle = world.Obstacles.Nearest(position, out var clearance);
                if (clearance >= options.BlockedDistance) { return Vector3D.Zero; }
                var away = (position - world.Obstacles[obstacle]).Unit;
                var around = (wander - away * away.Dot(wander)).Unit;
                return (away + around).Unit * options.FarStep;
            default:
                return Vector3D.Zero;
        }
    }
}
